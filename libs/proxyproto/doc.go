// Package proxyproto reads and writes the PROXY protocol, versions 1 and 2: the
// header with which a proxy tells the next one, at the very start of a
// connection, who the client is and what address it connected to.
// (https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt)
//
// Parse looks at the bytes that have come so far and says whether it needs more;
// it never waits, and refuses a binary header, or a line that is none, as soon as
// that shows. The reader of a socket calls it after each read, under a deadline of
// its own, and keeps what comes behind the header.
//
// AppendV1 and AppendV2 write a header, AppendV2With one with extensions of another.
//
//	parse.go      telling the versions apart
//	version1.go   the line of text
//	version2.go   the binary form
//	extensions.go what else a binary header says
package proxyproto
