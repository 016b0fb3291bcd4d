// Package heads makes header sections out of header sections: the head that goes
// to an endpoint out of the one a client sent, the head that goes to a client out
// of the one an endpoint sent, and the same between HTTP/1.1 and HTTP/2. Its
// functions are pure: they append to what they are given and change nothing else.
//
// A head that came over HTTP/2 is written down as HTTP/1.1 would have it and read
// by the same parser, so what the gateway makes of a message never depends on how
// it came. On its way out over HTTP/2 a head of HTTP/1.1 becomes fields again.
package heads
