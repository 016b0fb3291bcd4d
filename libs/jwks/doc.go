// Package jwks keeps the keys of issuers of tokens fresh.
//
// A Store has one Source for each place that keys come from, however many routes and plans use it.
// A Source that is a URL is asked again and again from the background, never by a request itself:
// a request only waits for an answer, for a bounded time, where there are no keys yet or where a
// token names one that is not known. While the issuer does not answer, the keys of before stay in
// use.
//
// Store.Follow says which sources the plan in force has, and Store.Run runs them. Before that, and
// for a document that is only checked, nothing is asked.
package jwks
