package report

import (
	"encoding/json"
	"io"
)

// WriteJSON prints the report with every sample it was made from, for programs.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
