package policy

// An Identity is who sent a request, as an authenticator of the route's auth found out. It is not
// changed, and may be that of many requests at the same time.
type Identity struct {
	// Kind and Name are those of the authenticator: jwt and main.
	Kind, Name string
	// Subject is the client: the sub of a token, the name of a user, the id of a key.
	Subject string
	// Scopes are what the client may do, Roles what it is.
	Scopes, Roles []string
	// Claims are what is known of it beside that, nil for nothing.
	Claims Claims
}

// Claims are what somebody who is trusted says about a client.
type Claims interface {
	// AppendClaim appends the claim of a name, nothing if there is none. A name may lead into a
	// claim: realm_access.roles. The entries of a list have a comma between them. It allocates
	// nothing but memory for dst.
	AppendClaim(dst []byte, name string) []byte
}
