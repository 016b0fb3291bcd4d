package formula

import (
	_ "embed"
	"fmt"
	"io"
	"text/template"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
)

//go:embed gateway.rb.tmpl
var text string

// A Release is what a formula installs.
type Release struct {
	Version string
	Base    string // the URL of the folder with the files of releases, without the last slash
	Sums    []checksums.Sum
}

// Write writes the formula. Each of the four platforms needs the sum of its archive.
func Write(w io.Writer, r Release) error {
	files := map[string]string{}
	for _, s := range r.Sums {
		files[s.Name] = s.Hex
	}
	parsed, err := template.New("formula").Funcs(template.FuncMap{
		"archive": func(platform string) (string, error) {
			name := fmt.Sprintf("gateway_%s_%s.tar.gz", r.Version, platform)
			if files[name] == "" {
				return "", fmt.Errorf("there is no sum of %s", name)
			}
			return fmt.Sprintf("url \"%s/v%s/%s\"\n      sha256 \"%s\"", r.Base, r.Version, name,
				files[name]), nil
		},
	}).Parse(text)
	if err != nil {
		return err
	}
	return parsed.Execute(w, r)
}
