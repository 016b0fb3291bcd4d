package fromnginx_test

import (
	"strings"
	"testing"
)

// A server that is asked by auth_request becomes one of auth.forward; where something of it can't,
// the routes are closed.
func TestServersThatAreAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		auth, in, more string
		want           []string
		closed         bool
	}{
		"as nginx has it": {
			auth: `internal; proxy_pass http://127.0.0.1:4181; proxy_pass_request_body off;
proxy_set_header Content-Length ""; proxy_set_header X-Original-URI $request_uri;`,
			want: []string{`{name: auth, url: "http://127.0.0.1:4181/verify"}`,
				"auth: {forward: auth}"},
		},
		"as oauth2-proxy has it": {
			auth: `internal; proxy_pass http://127.0.0.1:4180/oauth2/auth; proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Auth-Request-Redirect $request_uri;`,
			in: `error_page 401 = /oauth2/sign_in; auth_request_set $user $upstream_http_x_auth_request_user;
auth_request_set $mail $upstream_http_x_auth_request_email; proxy_set_header X-User $user;
proxy_set_header X-Auth-Request-Email $mail;
auth_request_set $c $upstream_http_set_cookie; add_header Set-Cookie $c;`,
			want: []string{`url: "http://127.0.0.1:4180/oauth2/auth"`,
				"copy: [X-Auth-Request-User, X-Auth-Request-Email]", "copy_to_client: [Set-Cookie]",
				`{X-User: "{auth.claim.X-Auth-Request-User}"`,
				"have that server redirect to its page for signing in"},
		},
		"an upstream": {
			auth: `proxy_pass http://sso/check;`,
			more: `upstream sso { server 127.0.0.1:9; }`,
			want: []string{`url: "http://127.0.0.1:9/check"`},
		},
		"an upstream of several": {
			auth: `proxy_pass http://sso;`, closed: true,
			more: `upstream sso { server 127.0.0.1:9; server 127.0.0.1:10; }`,
			want: []string{"its upstream has several"},
		},
		"a field of clients": {
			auth: `proxy_pass http://127.0.0.1:9; proxy_set_header X-Key $http_x_key;`,
			want: []string{"X-Requested-With, X-Key]"},
		},
		"a field that says what is asked": {
			auth: `proxy_pass http://127.0.0.1:9; proxy_set_header X-Role admin;`, closed: true,
			want: []string{"its server gets the field X-Role"},
		},
		"a variable":  {auth: `proxy_pass http://$a;`, closed: true},
		"no server":   {auth: `return 200;`, closed: true},
		"a unix path": {auth: `proxy_pass http://unix:/run/a.sock;`, closed: true},
		"a field that can't be copied": {
			auth: `proxy_pass http://127.0.0.1:9;`, closed: true,
			in: `auth_request_set $h $upstream_http_host; proxy_set_header X-H $h;`,
		},
		"passwords too": {
			auth: `proxy_pass http://127.0.0.1:9;`, in: `auth_basic x; auth_basic_user_file users;`,
			closed: true,
		},
		"passwords or that": {
			auth: `proxy_pass http://127.0.0.1:9;`,
			in:   `satisfy any; auth_basic x; auth_basic_user_file users;`,
			want: []string{"auth: {any_of: [{basic: x}, {forward: auth}]}"},
		},
		"off": {auth: `proxy_pass http://127.0.0.1:9;`, in: `auth_request off;`},
	} {
		in := tc.in
		if !strings.Contains(in, "auth_request off") {
			in = "auth_request /verify; " + in
		}
		got, _, err := importText(t, tc.more+` server { listen 80; location = /verify { `+tc.auth+
			` } location / { `+in+` proxy_pass http://127.0.0.1:1; } }`, "users",
			"a:$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG\n")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range tc.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", name, want, got)
			}
		}
		if closed := strings.Contains(got, "deny: ["); closed != tc.closed {
			t.Errorf("%s: closed: %v\n%s", name, closed, got)
		}
	}
}
