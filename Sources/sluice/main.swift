internal import EventLoop
internal import Glibc

// Before anything starts a thread: threads inherit the mask.
Signals.block()
exit(Commands.run(CommandLine.arguments))
