// The promise that a C function may be called on the hot path.
#ifndef APUS_ANNOTATIONS_H
#define APUS_ANNOTATIONS_H

#define APUS_HOT __attribute__((swift_attr("@_noLocks")))

#endif
