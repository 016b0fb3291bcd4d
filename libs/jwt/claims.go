package jwt

import "strings"

// Claims are what a token says. They do not change. The zero Claims say nothing.
type Claims struct{ all map[string]any }

// ParseClaims reads claims: a JSON object without members of the same name.
func ParseClaims(data []byte) (Claims, error) {
	all, err := readObject(data)
	if err != nil {
		return Claims{}, ErrClaims
	}
	return Claims{all}, nil
}

// Value is the claim of a name: a string, a json.Number, a bool, a []any or a map[string]any; nil
// for none. It is not changed. Names have dots in them (https://a.example/roles), and dots lead
// into claims (realm_access.roles): the longest name that there is counts.
func (c Claims) Value(name string) any { return find(c.all, name) }

func find(in map[string]any, name string) any {
	if v, ok := in[name]; ok {
		return v
	}
	for i := len(name) - 1; i > 0; i-- {
		if name[i] != '.' {
			continue
		}
		if inner, ok := in[name[:i]].(map[string]any); ok {
			if v := find(inner, name[i+1:]); v != nil {
				return v
			}
		}
	}
	return nil
}

// Text is a claim that is a text, "" otherwise.
func (c Claims) Text(name string) string {
	s, _ := c.Value(name).(string)
	return s
}

// Flag is a claim that is true or false; false where it is neither.
func (c Claims) Flag(name string) bool {
	b, _ := c.Value(name).(bool)
	return b
}

// Words are the entries of a claim that is a list of texts, or a text of words with spaces between
// them, as scope is (RFC 8693 section 4.2). Entries that are no texts are left out.
func (c Claims) Words(name string) []string {
	switch v := c.Value(name).(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var words []string
		for _, e := range v {
			if s, ok := e.(string); ok && s != "" {
				words = append(words, s)
			}
		}
		return words
	}
	return nil
}
