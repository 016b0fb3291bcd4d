// Package proc starts programs on one core of the machine and reads from /proc what they and the
// machine spent.
//
// Everything it starts is in a process group of its own and gets a SIGTERM from the kernel should
// the benchmark die without stopping it, so no run leaves a server behind.
package proc
