// Package oauth2proxy signs people in through a real oauth2-proxy behind auth.forward of the edge,
// with a real OpenID provider behind that. It is tests only.
package oauth2proxy
