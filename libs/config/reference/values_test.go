package reference

import (
	"encoding/json"
	"testing"
)

// Each word of an enumeration has its own line in an editor, and no line is left over.
func TestEveryWordIsDescribed(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	words := make(map[string]int)
	var walk func(m map[string]any)
	walk = func(m map[string]any) {
		if path, _ := m["title"].(string); path != "" {
			of := m
			if items, ok := m["items"].(map[string]any); ok && items["enum"] != nil {
				of = items
			}
			if list, ok := of["enum"].([]any); ok {
				words[path] = len(list)
				if said, _ := of["markdownEnumDescriptions"].([]any); len(said) != len(list) {
					t.Errorf("%s has %d words, and describes %d", path, len(list), len(said))
				}
			}
		}
		for _, inner := range m {
			if inner, ok := inner.(map[string]any); ok {
				walk(inner)
			}
		}
	}
	walk(schema)
	for path, said := range values {
		if words[path] != len(said) {
			t.Errorf("%s: %d words are described, and it has %d", path, len(said), words[path])
		}
	}
	if len(words) < 10 {
		t.Errorf("only %d enumerations were found", len(words))
	}
}
