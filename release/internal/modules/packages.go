package modules

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Packages reads lists of import paths, one a line, and returns all of them, sorted.
func Packages(files ...string) ([]string, error) {
	var all []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		listed := strings.Fields(string(content))
		// A binary that is made of nothing is a list that went wrong.
		if len(listed) == 0 {
			return nil, fmt.Errorf("%s lists no packages", file)
		}
		all = append(all, listed...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
