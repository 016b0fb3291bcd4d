package fromnginx_test

import (
	"strings"
	"testing"
)

// Users whose passwords this gateway can verify are carried over. Others leave the route closed.
func TestUsersWithPasswords(t *testing.T) {
	const bcrypt = "$2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG"
	for name, tc := range map[string]struct{ users, want string }{
		"bcrypt": {"# all\nalice:" + bcrypt + "\nbob:" + bcrypt + ":a comment\n",
			`auth: {basic: [{name: staff, realm: Staff, file: users, keep: true}]}`},
		"apr1":   {"alice:$apr1$abcdefgh$0123456789012345678901\n", "not hashed by bcrypt"},
		"both":   {"a:" + bcrypt + "\nb:{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=\n", "not hashed by"},
		"absent": {"", "can't be read here"},
	} {
		var more []string
		if tc.users != "" {
			more = []string{"users", tc.users}
		}
		got, d, err := importText(t, `server { listen 80; auth_basic "Staff";
auth_basic_user_file users; location / { proxy_pass http://127.0.0.1:1; }
location /open/ { auth_basic off; proxy_pass http://127.0.0.1:1; } }`, more...)
		if err != nil {
			t.Fatal(err)
		}
		notes := ""
		for _, n := range d.Notes() {
			notes += n.String() + "\n"
		}
		if !strings.Contains(got+notes, tc.want) {
			t.Errorf("%s: no %q in\n%s%s", name, tc.want, got, notes)
		}
		if closed := strings.Contains(got, "deny"); closed != (name != "bcrypt") ||
			!closed && strings.Count(got, "auth: {basic: staff}") != 1 {
			t.Errorf("%s:\n%s", name, got)
		}
		if strings.Contains(notes, "$2a$") || strings.Contains(notes, "$apr1") {
			t.Errorf("%s: a hash is in the notes: %s", name, notes)
		}
	}
}

func TestSeveralLimitsOfALocation(t *testing.T) {
	got, _, err := importText(t, `limit_req_zone $binary_remote_addr zone=a:1m rate=10r/s;
limit_req_zone $server_name zone=b:1m rate=30r/m;
server { listen 80; location / { limit_req zone=a burst=5 nodelay; limit_req zone=b;
proxy_pass http://127.0.0.1:1; } }`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"{requests: 10, per: 1s, burst: 6}", "{requests: 30, per: 1m, burst: 1, key: route}",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
