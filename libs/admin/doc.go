// Package admin serves the admin API of openspec/admin.yaml over net/http.
//
// It shows and starts what others do: a service gives [New] functions for its state, its
// configuration, its reload and its drain, and runs [Server.Serve] among its other parts. The types
// of the answers are exported, so that the CLI decodes what the server encodes; [History] keeps the
// receipts that /status shows.
//
// The API is served on loopback, or anywhere with a token ([Listen]). Without a token, requests
// that a browser was tricked into are refused: those with a Host that is a foreign name (DNS
// rebinding). With or without one, so are those that change something on behalf of a page of
// another origin.
package admin
