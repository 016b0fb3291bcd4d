package fromcaddy_test

import (
	"strings"
	"testing"
)

const (
	bcrypt = "$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG"
	// coded is bcrypt in base64, as Caddyfiles had it before Caddy 2.5.
	coded = "JDJhJDE0JFpreDE5WExpVzZWWW91TEhSNU5tZk9GVTB6MkdUTm1wa1QvNXFxUjdoeDRJaldKUERoanZH"
)

func TestUsersOfBasicAuthGoIntoAFile(t *testing.T) {
	for name, tc := range map[string]struct{ directive, file, want string }{
		"bcrypt": {"basic_auth {\n alice " + bcrypt + "\n bob " + bcrypt + "\n}",
			"alice:" + bcrypt + "\nbob:" + bcrypt + "\n",
			"{name: restricted, realm: restricted, file: restricted.htpasswd, keep: true}"},
		"a realm": {"basic_auth bcrypt \"the staff\" {\n alice " + bcrypt + "\n}",
			"alice:" + bcrypt + "\n", `realm: "the staff", file: the-staff.htpasswd`},
		"base64": {"basicauth {\n alice " + coded + "\n}", "alice:" + bcrypt + "\n",
			"auth: {basic: restricted}"},
		"one of two": {"basic_auth {\n alice " + bcrypt + "\n bob {SHA}xyz\n}",
			"alice:" + bcrypt + "\n", "`basic_auth: bob` is left out: their passwords are not"},
		"none":   {"basic_auth {\n bob {SHA}xyz\n}", "", "deny"},
		"scrypt": {"basic_auth scrypt {\n bob x y\n}", "", "hashed by bcrypt or argon2id"},
		"nobody": {"basic_auth {\n}", "", "deny"},
		"beside a server": {"forward_auth localhost:9 {\n uri /\n}\n basic_auth {\n alice " +
			bcrypt + "\n}", "", "deny"},
	} {
		got, d, err := importText(t, "http://a.example {\n"+tc.directive+
			"\n reverse_proxy localhost:1\n}\n")
		if err != nil {
			t.Fatal(err)
		}
		file := ""
		for _, f := range d.Files() {
			file += f.Text
		}
		if file != tc.file || !strings.Contains(got, tc.want) ||
			strings.Contains(got, "deny") != (tc.file == "") {
			t.Errorf("%s: the file is %q, and the result\n%s", name, file, got)
		}
		if strings.Contains(got, "$2a$") || strings.Contains(got, "xyz") {
			t.Errorf("%s: a hash is in\n%s", name, got)
		}
	}
}

func TestZonesOfRateLimit(t *testing.T) {
	for zone, want := range map[string]string{
		"key static\n events 100\n window 1m":                "requests: 100, per: 1m, key: route",
		"key {remote_host}\n events 5\n window 10s":          "requests: 5, per: 10s, key: client",
		"key {client_ip}\n events 5\n window 9s":             "key: client}",
		"key {header.X-Key}\n events 5\n window 10s":         "key: \"header:X-Key\"}",
		"key {http.request.cookie.s}\n events 5\n window 9s": "key: \"cookie:s\"}",
		"key {query.k}\n events 5\n window 9s":               "key: \"query:k\"}",
		"key {host}\n events 5\n window 10s":                 "it counts by something",
		"key {host}{uri}\n events 5\n window 9s":             "it counts by something",
		"key x\n events a\n window 9s":                       "is no number that can be",
		"key x\n events 5":                                   "is no number that can be",
		"match {\n }\n key x":                                "for some requests only",
	} {
		got, _, err := importText(t, "http://a.example {\n rate_limit {\n zone z {\n"+zone+
			"\n }\n distributed\n }\n reverse_proxy localhost:1\n}\n")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got, want) || !strings.Contains(got, "`rate_limit distributed`") {
			t.Errorf("%s: no %s in\n%s", zone, want, got)
		}
	}
	got, _, err := importText(t, "http://a.example {\n rate_limit {\n zone a {\n key x\n"+
		" events 5\n window 1s\n }\n zone b {\n key {client_ip}\n events 50\n window 1m\n }\n }\n"+
		" reverse_proxy localhost:1\n}\n")
	if err != nil || strings.Count(got, "{requests: ") != 2 {
		t.Errorf("%v, and two zones become\n%s", err, got)
	}
}
