// Package probe asks endpoints on purpose how they are: the active checks.
//
// Ask makes one check and says what came of it. A Prober makes the checks of all
// endpoints of a node again and again, each at its interval, no more than a few
// hundred at a time, and tells health of each. It is given the targets of a plan, and
// those of the next plan in their place: a target that both have goes on as if nothing
// had happened.
//
//	target.go     what is asked, and what came of it
//	ask.go        one check, whatever its type
//	connect.go    the connection: address, PROXY header, TLS
//	http.go       type http, over HTTP/1.1 and HTTP/2
//	grpc.go       type grpc
//	reason.go     what went wrong, in words
//	prober.go     when checks are made
//	queue.go      which check is next
//	collector.go  what Prometheus is told
//
// Each check opens a connection of its own, so it resolves the name anew and sees
// whether the endpoint still accepts any. That is not the data path: net/http and
// google.golang.org/grpc do the talking.
package probe
