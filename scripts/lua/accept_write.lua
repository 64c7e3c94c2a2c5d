#!lua
-- accept_write: would this server take a commit? Nothing is written to find out.
--
-- mirror   lhredis/store/commands/accept_write.py
-- slot     none
-- cost     O(1)
-- returns  accepted           it would
--
-- A server that takes no writes now (its memory is full, its disk failed, it is a replica, its replicas are
-- gone) refuses to start a script that may write, before its first line: the error is its own.

return {'accepted'}
