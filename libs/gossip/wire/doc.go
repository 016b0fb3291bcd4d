// Package wire reads what other nodes send before memberlist does, so that memberlist sees
// nothing but messages that this package has written.
//
// memberlist handles messages in goroutines of its own: a panic there ends the process. It also
// buffers what it cannot decrypt yet, and follows numbers and addresses that no node of ours
// sends. So everything is decrypted, taken apart, checked and put together anew here. What is
// not as memberlist writes it is refused.
//
//	seal.go     encryption, in memberlist's form
//	values.go   numbers and texts of MessagePack, which memberlist writes
//	form.go     what each message of memberlist is made of
//	packet.go   packets
//	stream.go   what is sent on a connection
package wire
