package configserver

import "testing"

// What only nodes have is no reason to refuse a document: files, and names that are secrets.
func TestAuthIsCheckedWithoutTheFilesOfNodes(t *testing.T) {
	t.Parallel()
	const head = "version: 1\nlisteners: [{name: a, address: ':1', tls: {certificates: " +
		"[{cert: a.pem, key: a.key}], client_ca: ca.pem}}]\n" +
		"clusters: [{name: c, endpoints: [{address: 'a.test:80'}]}]\n"
	for name, c := range map[string]string{
		"keys of an issuer": "auth: {jwt: [{name: x, issuer: i, jwks: {file: keys.json}}]}\n" +
			"routes: [{name: r, cluster: c, auth: {jwt: x}}]\n",
		"an authority of one": "auth: {jwt: [{name: x, issuer: i, jwks: " +
			"{url: 'https://a.test/', ca: ca.pem}, introspection: " +
			"{url: 'https://a.test/', ca: ca.pem}}]}\n" +
			"routes: [{name: r, cluster: c, auth: {jwt: x}}]\n",
		"users": "auth: {basic: [{name: x, file: users}]}\n" +
			"routes: [{name: r, cluster: c, auth: {basic: x}}]\n",
		"API keys": "auth: {api_keys: [{name: x, file: keys.yaml}]}\n" +
			"routes: [{name: r, cluster: c, auth: {api_key: x}}]\n",
		"a server that is asked": "auth: {forward: [{name: x, url: 'https://a.test/', " +
			"security: {mode: mtls, ca: ca.pem, cert: c.pem, key: c.key, server_name: a}}]}\n" +
			"routes: [{name: r, cluster: c, auth: {forward: x}}]\n",
		"names of clients": "auth: {client_certificates: [{name: x, clients: " +
			"[{names: ['secret:env:NAME']}]}]}\n" +
			"routes: [{name: r, cluster: c, auth: {client_certificate: x}}]\n",
		"names of a route's clients": "routes: [{name: r, cluster: c, " +
			"client_certificate: {names: ['secret:env:NAME']}}]\n",
	} {
		problems, ok := check("g.yaml", []byte(head+c))
		for _, p := range problems {
			if p.Severity != severityWarning || p.Code != "E_FILE" {
				t.Errorf("%s: %v", name, p)
			}
		}
		if !ok {
			t.Errorf("%s: it is refused", name)
		}
	}
}
