package cause_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
)

func TestKindsHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range cause.Kinds() {
		name := k.String()
		if !regexp.MustCompile(`^[a-z_]+$`).MatchString(name) || seen[name] {
			t.Errorf("kind %d is called %q", k, name)
		}
		seen[name] = true
		if a := k.Advice(); a != "" && !strings.HasSuffix(a, ".") && !strings.HasSuffix(a, ").") {
			t.Errorf("%s: the advice %q is no sentence", name, a)
		}
	}
	if got := cause.Kind(255).String(); got != "internal" {
		t.Errorf("an unknown kind is %q", got)
	}
}

// A client that is refused for its certificate is not told to send a token.
func TestTheAdviceIsThatOfTheCause(t *testing.T) {
	for _, k := range []cause.Kind{cause.Certificate, cause.Address} {
		if a := k.Advice(); a == "" || strings.Contains(a, "token") ||
			strings.Contains(a, "Authorization") {
			t.Errorf("%s advises %q", k, a)
		}
	}
}

func TestTextsAreSentences(t *testing.T) {
	for want, c := range map[string]*cause.Cause{
		"": nil,
		"connection refused, 2 times": cause.Newf(cause.Refused, "connection refused, %d times",
			2),
		"100% of it": cause.New(cause.Internal, "100% of it"),
		"no head within 1.5s (timeouts.response of the cluster)": cause.Late(cause.Timeout,
			"no head", "timeouts.response of the cluster", 1500*time.Millisecond),
		"the body is too large: 20 bytes, and max_body_bytes is 10 bytes": cause.Over(
			cause.RequestTooLarge, "the body is too large", "max_body_bytes", "10 bytes",
			"20 bytes"),
		"all are in use, and limits.max_connections is 5": cause.Over(cause.Connections,
			"all are in use", "limits.max_connections", "5", ""),
	} {
		if got := c.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	c := cause.Late(cause.Timeout, "a", "key", time.Minute)
	if other := c.With("b"); other.Text != "b" || other.Key != "key" || c.Text == "b" {
		t.Errorf("%+v of %+v", other, c)
	}
}

func TestDurationsAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Minute: "1m", time.Hour: "1h", 90 * time.Second: "1m30s",
		1234567 * time.Microsecond: "1.235s", 1234567 * time.Nanosecond: "1.235ms",
		300 * time.Millisecond: "300ms", 0: "0s",
	} {
		if got := cause.Short(d); got != want {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
}

// What others have sent cannot do anything to a terminal, and is short.
func TestTextsOfOthersAreHarmless(t *testing.T) {
	for _, in := range []string{
		"plain", "\x1b[31mred", "a\r\nb", "\xff\xfe", "\u202e", strings.Repeat("é", 500), "",
	} {
		for _, got := range []string{cause.Quote(in), cause.Plain(in), cause.List([]string{in})} {
			if strings.ContainsAny(got, "\x1b\r\n\u202e") || len(got) > 1500 {
				t.Errorf("%q becomes %q", in, got)
			}
		}
	}
	for want, names := range map[string][]string{
		"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"},
		"a, b, c, d, e and 3 more": strings.Split("abcdefgh", ""),
	} {
		if got := cause.List(names); got != want {
			t.Errorf("%q is %q, want %q", names, got, want)
		}
	}
}
