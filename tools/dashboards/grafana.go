package dashboards

import (
	"encoding/json"
	"fmt"
)

// schema is the version of Grafana's form of dashboards: the last one of the classic form, which
// every Grafana from 9 on reads (a newer one brings older forms up to date when it loads them).
const schema = 41

// columns is the width of a board in Grafana's grid; rows of panels are panelHeight high.
const (
	columns     = 24
	panelWidth  = 6
	panelHeight = 8
)

// object is a JSON object. Its keys are written in order, so that equal boards are equal files.
type object map[string]any

// source says that a query goes to the Prometheus that is chosen on the board.
func source() object { return object{"type": "prometheus", "uid": "${datasource}"} }

// Grafana is the board as a file that Grafana imports.
func (b Board) Grafana() ([]byte, error) {
	var panels []object
	id, y := 0, 0
	place := func(w, h, x int) object {
		id++
		return object{"id": id, "gridPos": object{"h": h, "w": w, "x": x, "y": y}}
	}
	for _, row := range b.Rows {
		head := place(columns, 1, 0)
		head["type"], head["title"], head["collapsed"] = "row", row.Title, false
		head["panels"] = []object{}
		panels = append(panels, head)
		y++
		for i, p := range row.Panels {
			x := i * panelWidth % columns
			if i > 0 && x == 0 {
				y += panelHeight
			}
			panels = append(panels, p.grafana(place(panelWidth, panelHeight, x)))
		}
		y += panelHeight
	}
	text, err := json.MarshalIndent(object{
		"uid": "gateway-" + b.Name, "title": b.Title, "description": b.About,
		"tags": []string{"gateway"}, "schemaVersion": schema, "version": 1, "editable": true,
		"timezone": "browser", "refresh": "30s", "graphTooltip": 1,
		"time":        object{"from": "now-1h", "to": "now"},
		"templating":  object{"list": b.variables()},
		"annotations": object{"list": []object{}},
		"links": []object{{
			"title": "What the alerts mean", "type": "link", "targetBlank": true,
			"url":  "https://github.com/gatewayhomebrew/gateway/blob/main/docs/alerts.md",
			"icon": "doc", "tooltip": "", "tags": []string{}, "asDropdown": false,
			"includeVars": false, "keepTime": false,
		}},
		"panels": panels,
	}, "", " ")
	return append(text, '\n'), err
}

// variables are what can be chosen on the board: the Prometheus first, since the others ask it.
func (b Board) variables() []object {
	list := []object{{
		"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus",
		"hide": 0, "refresh": 1, "regex": "",
	}}
	choice := func(label, query string) object {
		return object{
			"name": label, "label": label, "type": "query", "datasource": source(),
			"definition": query, "query": object{"qryType": 1, "query": query, "refId": label},
			"current":    object{"text": []string{"All"}, "value": []string{"$__all"}},
			"includeAll": true, "multi": true, "refresh": 2, "sort": 1, "hide": 0, "regex": "",
			"options": []object{},
		}
	}
	// "All" is those that were found, so that an edge's board has no relay on it.
	list = append(list, choice("job", fmt.Sprintf("label_values(%s, job)", b.of(""))),
		choice("instance", fmt.Sprintf("label_values(%s, instance)", b.of(`,job=~"$job"`))))
	for _, v := range b.More {
		// Here it is everything, series without the label included.
		c := choice(v.Label, fmt.Sprintf("label_values(%s, %s)", fill(v.Of+"{SEL}"), v.Label))
		c["allValue"] = ".*"
		list = append(list, c)
	}
	return list
}

// grafana adds to p, which has the place of the panel, what is in it.
func (p Panel) grafana(at object) object {
	var targets []object
	for i, q := range p.Queries {
		target := object{
			"refId": string(rune('A' + i)), "datasource": source(), "expr": q.Expr,
			"legendFormat": q.Legend, "editorMode": "code", "range": !p.Number,
			"instant": p.Number,
		}
		targets = append(targets, target)
	}
	at["title"], at["description"], at["targets"] = p.Title, p.About, targets
	at["datasource"] = source()
	defaults := object{"unit": p.Unit, "color": object{"mode": "palette-classic"}}
	at["fieldConfig"] = object{"defaults": defaults, "overrides": []object{}}
	if p.Number {
		at["type"] = "stat"
		at["options"] = object{
			"reduceOptions": object{
				"calcs": []string{"lastNotNull"}, "fields": "", "values": false,
			},
			"colorMode": "none", "graphMode": "none", "textMode": "auto",
			"orientation": "auto", "justifyMode": "auto", "wideLayout": true,
			"showPercentChange": false, "percentChangeColorMode": "standard",
		}
		return at
	}
	at["type"] = "timeseries"
	fill, stacking := 0, "none"
	if p.Stacked {
		fill, stacking = 40, "normal"
	}
	defaults["min"] = 0
	defaults["custom"] = object{
		"drawStyle": "line", "lineWidth": 1, "fillOpacity": fill, "showPoints": "never",
		"spanNulls": false, "stacking": object{"mode": stacking, "group": "A"},
	}
	at["options"] = object{
		"legend": object{
			"displayMode": "list", "placement": "bottom", "showLegend": true,
			"calcs": []string{},
		},
		"tooltip": object{"mode": "multi", "sort": "desc"},
	}
	return at
}
