// Package h2 holds the edge, as a process of its own, against others' judgement of HTTP/2: h2spec's
// cases, and clients that attack. It is tests only.
package h2
