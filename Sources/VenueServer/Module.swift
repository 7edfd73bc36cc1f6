// VenueServer
