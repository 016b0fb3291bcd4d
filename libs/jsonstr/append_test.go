package jsonstr_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/jsonstr"
)

func TestEscapesWhatJSONMustNotHold(t *testing.T) {
	for in, want := range map[string]string{
		"":                            `""`,
		"plain":                       `"plain"`,
		`a"b\c`:                       `"a\"b\\c"`,
		"\n\r\t\x00\x1f\x7f":          `"\n\r\t\u0000\u001f\u007f"`,
		"é世😀":                         `"é世😀"`,
		"a\xffb":                      `"a\ufffdb"`,
		"\xe4\xb8":                    `"\ufffd\ufffd"`,
		"\u2028\u2029":                `"\u2028\u2029"`,
		"\u0080\u009b31m\u009f":       `"\u0080\u009b31m\u009f"`,
		"a\u202eb\u2066c\u200f\u061c": `"a\u202eb\u2066c\u200f\u061c"`,
		"\ufeff\u200b\u00ad\ue000":    `"\ufeff\u200b\u00ad\ue000"`,
		"\U000e0041":                  `"\udb40\udc41"`,
		"\u00a0\u3000":                "\"\u00a0\u3000\"",
		"\ufffd":                      "\"\ufffd\"",
	} {
		if got := string(jsonstr.Append(nil, in)); got != want {
			t.Errorf("Append(%q) = %s, want %s", in, got, want)
		}
		if got := string(jsonstr.Append(nil, []byte(in))); got != want {
			t.Errorf("Append(bytes %q) = %s, want %s", in, got, want)
		}
	}
}

func TestHiddenRunesOfAWholeLineAreEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"plain\n":                  "plain\n",
		"é世😀\n":                    "é世😀\n",
		"a\u009b31mb\u202ec\xff\n": `a\u009b31mb\u202ec` + "\xff\n",
		"\U000e0041\u2028":         `\udb40\udc41\u2028`,
	} {
		if got := string(jsonstr.Escape([]byte(in))); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAllocatesNothingIntoLargeEnoughDestination(t *testing.T) {
	dst, b := make([]byte, 0, 256), []byte("a\"\xff世"+strings.Repeat("x", 40))
	if n := testing.AllocsPerRun(100, func() {
		dst = jsonstr.Append(dst[:0], b)
		dst = jsonstr.Append(dst, "x\n")
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzAppendIsValidJSONOfTheSameText(f *testing.F) {
	for _, s := range []string{"", "a\"b", "\xff\xfe", "\u2028", "\x00", "😀"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := jsonstr.Append(nil, s)
		var back string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("Append(%q) = %s: %v", s, got, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); !strings.Contains(s, "\ufffd") &&
			strings.ReplaceAll(back, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
			t.Fatalf("Append(%q) reads back as %q", s, back)
		}
	})
}
