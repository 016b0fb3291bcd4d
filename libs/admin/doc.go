// Package admin serves the admin API of openspec/admin.yaml over net/http.
//
// It shows and starts what others do: a service gives it functions for its state, its status, its configuration and its
// drain, and runs [Server.Serve] among its other parts. Since the API has no authentication yet, [Listen] binds to loopback
// only, and requests that a browser was tricked into are refused: those with a Host that is a foreign name (DNS rebinding)
// and those that change something on behalf of a page of another origin.
package admin
