package differ

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// How much is shown of a value, and of a pointer.
const (
	mostShown   = 128
	mostPointer = 256
)

// Secret reports whether what has a name, a header field or a key of JSON, is likely to be a
// secret, so that its value is not shown.
func Secret(name string) bool {
	name = strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
	for _, part := range []string{
		"cookie", "auth", "token", "secret", "passw", "passphrase", "pwd", "apikey", "privatekey",
		"accesskey", "session", "credential", "signature", "csrf", "xsrf", "jwt", "otp",
	} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// shown is a field's value as people see it; nil where it is absent.
func (f field) shown(name string) *string {
	switch {
	case !f.present:
		return nil
	case Secret(name):
		return plain(config.Redacted)
	}
	return plain(f.value)
}

// show is a value of JSON as people see it: what is made of others by its size alone, since there
// may be secrets in it.
func show(key string, v any) *string {
	switch v := v.(type) {
	case map[string]any:
		return plain(fmt.Sprintf("{%d keys}", len(v)))
	case []any:
		return plain(fmt.Sprintf("[%d entries]", len(v)))
	}
	if Secret(key) {
		return plain(config.Redacted)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return plain(config.Redacted)
	}
	return plain(string(text))
}

// hide takes the place of a value that is not shown.
func hide(value *string) *string {
	if value == nil {
		return nil
	}
	return plain(config.Redacted)
}

// plain is a short text.
func plain(s string) *string {
	s = clip(s, mostShown)
	return &s
}

// clip cuts a text off.
func clip(s string, most int) string {
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
