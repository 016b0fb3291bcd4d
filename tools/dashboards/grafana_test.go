package dashboards

import (
	"encoding/json"
	"os"
	"testing"
)

func TestTheFilesAreTheTables(t *testing.T) {
	t.Parallel()
	for _, b := range Boards() {
		want, err := b.Grafana()
		if err != nil {
			t.Fatal(err)
		}
		file := folder + b.Name + ".json"
		if *update {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != string(want) {
			t.Errorf("%s is not what the tables give (%v); run go run ./tools/gen", file, err)
		}
	}
}

// Grafana shows a board whose panels have places of their own, and asks what is chosen.
func TestBoardsAreSound(t *testing.T) {
	t.Parallel()
	for _, b := range Boards() {
		text, err := b.Grafana()
		if err != nil {
			t.Fatal(err)
		}
		var board struct {
			UID, Title string
			Templating struct {
				List []struct{ Name, Type string }
			}
			Panels []struct {
				ID         int
				Type       string
				Datasource struct{ UID string }
				Targets    []struct{ RefID, Expr string }
				GridPos    struct{ X, Y, W, H int }
			}
		}
		if err := json.Unmarshal(text, &board); err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, v := range board.Templating.List {
			names[v.Name] = true
		}
		if !names["datasource"] || !names["job"] || !names["instance"] || board.Title == "" {
			t.Errorf("%s: %v can be chosen", b.Name, names)
		}
		taken, ids := map[[2]int]bool{}, map[int]bool{}
		for _, p := range board.Panels {
			if ids[p.ID] || p.ID == 0 {
				t.Errorf("%s: two panels have the ID %d", b.Name, p.ID)
			}
			ids[p.ID] = true
			for x := range p.GridPos.W {
				for y := range p.GridPos.H {
					at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
					if taken[at] || at[0] >= columns {
						t.Fatalf("%s: panel %d is where another is, or outside: %v", b.Name,
							p.ID, at)
					}
					taken[at] = true
				}
			}
			if p.Type == "row" {
				continue
			}
			if p.Datasource.UID != "${datasource}" || len(p.Targets) == 0 {
				t.Errorf("%s: panel %d asks nobody", b.Name, p.ID)
			}
			for _, target := range p.Targets {
				for _, m := range chosen.FindAllString(target.Expr, -1) {
					if !names[m[1:]] && m != "$__rate_interval" {
						t.Errorf("%s: %s is not to be chosen in %s", b.Name, m, target.Expr)
					}
				}
			}
		}
	}
}
