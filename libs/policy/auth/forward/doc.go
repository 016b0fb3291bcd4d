// Package forward is the authenticator that asks a server about each request (auth.forward), as
// auth_request of nginx, ForwardAuth of Traefik and forward_auth of Caddy do.
//
// An answer with 2xx lets the request through, and some of its fields go to the endpoint. 3xx and
// 4xx go to the client. With no answer, or 5xx, nobody can say. All that is waited for and read has
// a bound. What is remembered belongs to the credentials that the server was shown, so that no
// client gets what another one may.
package forward
