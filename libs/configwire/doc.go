// Package configwire is a node's side of config-sync: it asks for the configuration that the node
// is to run, has it applied, answers what became of it, and says all the time how the node is.
//
// A Client keeps a stream to one of the replicas for as long as the node lives, and connects anew,
// with growing pauses, when it ends. What was applied last is kept in a file, so that a node starts
// without config-sync. A Client decides nothing about a configuration: it holds it against its
// digest and signature, and hands it to the node's reloads.
//
//	client.go    what a Client is made from; connecting again and again
//	stream.go    one stream, from hello to its end
//	take.go      what is done with an assignment
//	trust.go     what was signed, and how often it is taken
//	cache.go     the file of the last good configuration
//	beat.go      what the node did since it was last told
//	state.go     what people are shown
package configwire
