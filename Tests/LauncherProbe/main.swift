import EventLoop
import Glibc

// A launcher and a supervisor for tests, which need them in processes of their own.
Signals.block()
exit(Probe.run(CommandLine.arguments))
