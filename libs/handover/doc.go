// Package handover lets a process give its place to another one that runs a newer binary: it starts
// that one, and passes messages and open sockets to it.
//
// The two are joined by a Channel, one pair of sockets without a name: nothing lies on a disk, no
// third process can open it, and neither the command line nor the environment has anything secret.
// A main function calls Take, once. It returns a Process, which knows by which file it was started
// and what it was given by the process before it. Start starts the next one.
//
// What the messages say is the business of package upgrade and of those who have something to give.
package handover
