package htpasswd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/htpasswd"
)

// Hashes that others have made: of the documentation of Apache, of bcrypt's own tests, and of the
// reference implementation of argon2.
const (
	apache  = "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC" // myPassword
	openBSD = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i" // abc
	argon   = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" +
		"nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4" // password
	lanes = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$" +
		"bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc" // password
)

func parse(t *testing.T, text string) *htpasswd.File {
	t.Helper()
	f, problems := htpasswd.Parse([]byte(text))
	if problems != nil {
		t.Fatalf("%q is refused: %v", text, problems)
	}
	return f
}

func TestPasswordsAreVerified(t *testing.T) {
	for _, c := range []struct{ hash, password, other string }{
		{apache, "myPassword", "myPassword2"},
		{"$2b$" + apache[4:], "myPassword", ""},
		{openBSD, "abc", "ABC"},
		{argon, "password", "Password"},
		{lanes, "password", ""},
	} {
		h, ok := parse(t, "user:"+c.hash+"\n").Find([]byte("user"))
		if !ok || !h.Verify([]byte(c.password)) || h.Verify([]byte(c.other)) {
			t.Errorf("%s is not the hash of %q, or is that of %q", c.hash, c.password, c.other)
		}
	}
	if (htpasswd.Hash{}).Verify(nil) {
		t.Error("no hash at all verifies")
	}
}

func TestFilesAreReadAsOthersWriteThem(t *testing.T) {
	f := parse(t, "\ufeff# staff\r\n\r\nana:"+apache+"\r\n  \n#x:y\nbö b:"+argon+
		" \ncolon:"+openBSD+":a comment: of two parts\nlast:"+openBSD)
	for _, name := range []string{"ana", "bö b", "colon", "last"} {
		if _, ok := f.Find([]byte(name)); !ok {
			t.Errorf("%q is not there", name)
		}
	}
	if f.Len() != 4 {
		t.Errorf("there are %d users", f.Len())
	}
	if _, ok := f.Find([]byte("#x")); ok {
		t.Error("a comment is a user")
	}
	if f := parse(t, "# nobody yet\n"); f.Len() != 0 {
		t.Errorf("a file of comments has %d users", f.Len())
	}
}

func TestWhatCannotBeUsedIsNamedWithItsLine(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, c := range []struct {
		text string
		line int
		says string
	}{
		{"a:" + apache + "\nb:$apr1$x$" + secret, 2, "MD5 hash of Apache"},
		{"b:$1$x$" + secret, 1, "MD5"},
		{"b:{SHA}" + secret, 1, "SHA-1"},
		{"b:{SSHA}" + secret, 1, "salted SHA"},
		{"b:$5$x$" + secret, 1, "SHA-256"},
		{"b:$6$x$" + secret, 1, "SHA-512"},
		{"b:$y$x$" + secret, 1, "yescrypt"},
		{"b:" + secret[:13], 1, "old crypt"},
		{"b:" + secret, 1, "plain text"},
		{"b:{PLAIN}" + secret, 1, "plain text"},
		{"b:", 1, "is missing"},
		{"b:$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$" + secret, 1, "argon2i"},
		{"b:$2x$" + apache[4:], 1, "known fault"},
		{"b:" + apache[:59], 1, "59 characters"},
		{"b:" + apache + "x", 1, "61 characters"},
		{"b:" + apache[:59] + "!", 1, "damaged"},
		{"b:$2y$+5$" + apache[7:], 1, "damaged"},
		{"b:$2y$03$" + apache[7:], 1, "cost 3"},
		{"b:$2y$16$" + apache[7:], 1, "cost 16"},
		{"b:$2y$31$" + apache[7:], 1, "too long"},
		{"b:$2y$99$" + apache[7:], 1, "cost 99"},
		{"b:" + strings.Replace(argon, "m=256", "m=4194304", 1), 1, "4194304 KiB"},
		{"b:" + strings.Replace(argon, "m=256", "m=9999999999", 1), 1, "KiB"},
		{"b:" + strings.Replace(argon, "m=256", "m=131072,x=1", 1), 1, "damaged"},
		{"b:" + strings.Replace(argon, "t=2", "t=9999999", 1), 1, "too long"},
		{"b:" + strings.Replace(argon, "t=2", "t=0", 1), 1, "too small"},
		{"b:" + strings.Replace(argon, "p=1", "p=0", 1), 1, "too small"},
		{"b:" + strings.Replace(argon, "p=1", "p=255", 1), 1, "too small"},
		{"b:" + strings.Replace(argon, "p=1", "p=17", 1), 1, "p=17"},
		{"b:" + strings.Replace(argon, "m=256", "m=7", 1), 1, "too small"},
		{"b:" + strings.Replace(argon, "v=19$", "", 1), 1, "old version"},
		{"b:" + strings.Replace(argon, "v=19", "v=16", 1), 1, "old version"},
		{"b:" + strings.Replace(argon, "c29tZXNhbHQ", "c29t", 1), 1, "damaged"},
		{"b:" + argon + "=", 1, "damaged"},
		{"b:" + argon[:len(argon)-2] + "x", 1, "damaged"},
		{secret, 1, "no colon"},
		{":" + apache, 1, "name of the user is missing"},
		{"a:" + apache + "\n\na:" + apache, 3, "on line 1 already"},
		{"a\x01:" + apache, 1, "control character"},
		{" a:" + apache, 1, "space"},
		{"a\xff:" + apache, 1, "not UTF-8"},
		{strings.Repeat("a", 256) + ":" + apache, 1, "256 bytes"},
		{"a:" + strings.Repeat("b", 5000), 1, "5002 bytes"},
		{"\xff\xfea\x00:\x00", 1, "UTF-16"},
	} {
		f, problems := htpasswd.Parse([]byte(c.text))
		if f != nil || len(problems) != 1 || problems[0].Line != c.line ||
			!strings.Contains(problems[0].Message, c.says) {
			t.Errorf("%.80q: %v, and line %d with %q is right", c.text, problems, c.line, c.says)
		}
		if strings.Contains(fmt.Sprint(problems), secret[:13]) {
			t.Errorf("%.80q: the problem shows it", c.text)
		}
	}
}

func TestOfManyBadLinesTheFirstAreNamed(t *testing.T) {
	_, problems := htpasswd.Parse([]byte(strings.Repeat("a:b\n", 100)))
	if n := len(problems); n != 21 || problems[20].Message != "80 more lines can't be used" {
		t.Errorf("there are %d problems, the last is %v", n, problems[n-1])
	}
}

// The work is what counts: no hash is computed when a file is read.
func TestALargeFileIsRead(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "user%d:%s\n", i, apache)
	}
	f := parse(t, b.String())
	if h, ok := f.Find([]byte("user99999")); f.Len() != 100_000 || !ok || h.Text() != apache {
		t.Errorf("there are %d users", f.Len())
	}
	if f, problems := htpasswd.Parse(make([]byte, htpasswd.MostBytes+1)); f != nil ||
		!strings.Contains(problems[0].Message, "are the most") {
		t.Errorf("more than that is read: %v", problems)
	}
}

func TestADecoyIsTheSameForAName(t *testing.T) {
	f := parse(t, "a:"+apache+"\nb:"+argon)
	kinds := map[string]bool{}
	for i := range 64 {
		name := fmt.Sprint("nobody", i)
		h, ok := f.Decoy([]byte(name))
		again, _ := f.Decoy([]byte(name))
		if !ok || h.Text() != again.Text() {
			t.Fatalf("the decoy of %s changes", name)
		}
		kinds[h.Text()] = true
	}
	if len(kinds) != 2 {
		t.Errorf("decoys are of %d kinds, and there are 2", len(kinds))
	}
	if _, ok := parse(t, "").Decoy([]byte("a")); ok {
		t.Error("there is a decoy where nobody is")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a:" + apache + "\nb:" + argon + "\n"))
	f.Add([]byte("\ufeff#\r\n:\n"))
	f.Add([]byte("a:$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tc2FsdHNvbWVzYWx0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := htpasswd.Parse(data)
		if (file == nil) != (len(problems) > 0) || len(problems) > 21 {
			t.Fatalf("a file %v with the problems %v", file, problems)
		}
		if file == nil {
			return
		}
		// What is taken is taken again as it would be written.
		for line := range strings.Lines(string(data)) {
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "\ufeff"), ":")
			h, ok := file.Find([]byte(name))
			if !ok {
				continue
			}
			again, problems := htpasswd.Parse([]byte(name + ":" + h.Text()))
			if problems != nil || again.Len() != 1 {
				t.Fatalf("%q is read, and then refused: %v", line, problems)
			}
		}
	})
}
