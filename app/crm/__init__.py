"""The tables as Python values: functions that take a pool or a connection, and know no HTTP."""
