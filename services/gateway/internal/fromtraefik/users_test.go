package fromtraefik_test

import (
	"strings"
	"testing"
)

func TestUsersOfBasicAuthGoIntoAFile(t *testing.T) {
	const bcrypt = "$2y$10$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG"
	for name, tc := range map[string]struct {
		middleware, file string
		want             []string
	}{
		"bcrypt": {"users: ['alice:" + bcrypt + "', 'bob:" + bcrypt + "']",
			"alice:" + bcrypt + "\nbob:" + bcrypt + "\n",
			[]string{"{name: guard, realm: traefik, file: guard.htpasswd, keep: true}"}},
		"the header ends": {"users: ['a:" + bcrypt + "'], realm: staff, removeHeader: true",
			"a:" + bcrypt + "\n", []string{"{name: guard, realm: staff, file: guard.htpasswd}"}},
		"a field": {"users: ['a:" + bcrypt + "'], headerField: X-User", "a:" + bcrypt + "\n",
			[]string{`X-User: "{auth.subject}"`}},
		"one of two": {"users: ['a:" + bcrypt + "', 'b:$apr1$x$yyyy']", "a:" + bcrypt + "\n",
			[]string{"`middleware guard: b` is left out"}},
		"without a name":  {"users: [hunter2]", "", []string{"deny"}},
		"a file":          {"usersFile: absent", "", []string{"its file can't be read here"}},
		"a file and more": {"usersFile: absent, users: ['a:" + bcrypt + "']", "", []string{"deny"}},
	} {
		got, d, err := importText(t, "x.yaml", `
entryPoints: {web: {address: ":80"}}
http:
  routers: {a: {rule: "Host(`+"`a`"+`)", service: a, middlewares: [guard]}}
  services: {a: {loadBalancer: {servers: [{url: "http://127.0.0.1:1"}]}}}
  middlewares: {guard: {basicAuth: {`+tc.middleware+`}}}
`)
		if err != nil {
			t.Fatal(err)
		}
		file := ""
		for _, f := range d.Files() {
			file += f.Text
		}
		for _, want := range tc.want {
			if file != tc.file || !strings.Contains(got, want) ||
				strings.Contains(got, "deny: [") != (tc.file == "") {
				t.Errorf("%s: the file is %q, no %s in\n%s", name, file, want, got)
			}
		}
		for _, hidden := range []string{"$2y$", "$apr1", "hunter2"} {
			if strings.Contains(got, hidden) {
				t.Errorf("%s: %s is in\n%s", name, hidden, got)
			}
		}
	}
}
