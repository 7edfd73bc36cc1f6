// The executable: all commands with the strategies that come with Apus.

import Bot

Apus.main()
