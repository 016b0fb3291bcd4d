// Package compress is the policy that codes the bodies of responses with gzip, br or zstd
// (routes[].compress), for clients that accept that (RFC 9110 section 12.5.3).
//
// A policy is made for each plan, and the memory of the coders is the process's: [Coders] lends
// them, bounds them and counts what they do. Nothing is ever decoded here.
package compress
