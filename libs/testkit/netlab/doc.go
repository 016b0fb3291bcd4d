// Package netlab is a network for tests of real processes: each node has a network of its own, and
// what passes between them is up to the test. Packets get lost, take their time, come in another
// order, or do not come at all.
//
//	lab.go        a lab, its nodes, and when there can be none
//	node.go       running and reaching processes on a node
//	link.go       what happens to packets from one node to another
//	router.go     carrying packets
//	namespace.go  a network namespace with one device
//	clock.go      processes with a clock that is wrong
//
// A node is a network namespace of Linux with one TUN device, whose packets this process reads and
// writes: the router between the nodes is a goroutine, and needs neither iptables nor a kernel with
// netem. Namespaces have no names and no mounts. They belong to a thread of this process, which all
// processes of the node are bound to, so nothing is left over however the test ends.
//
// It takes root. Without root, or a kernel that has no TUN devices, tests skip.
package netlab
