package pagetest

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// axePath is where `npm ci --prefix web` puts axe-core.
const axePath = "../node_modules/axe-core/axe.min.js"

type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, FailureSummary string }
}

// accessible lets axe-core look at the page: it may find nothing serious.
func accessible(t *testing.T, ctx context.Context) {
	t.Helper()
	source, err := os.ReadFile(axePath)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("axe-core is missing: npm ci --prefix web")
		}
		t.Log("axe-core is missing, so it looked at nothing: npm ci --prefix web")
		return
	}
	if err := chromedp.Run(ctx, chromedp.Evaluate(string(source)+"\n;null", nil)); err != nil {
		t.Fatal(err)
	}
	found := eval[json.RawMessage](t, ctx, `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((r) => r.violations)`)
	var list []violation
	if err := json.Unmarshal(found, &list); err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		var where []string
		for _, n := range v.Nodes[:min(len(v.Nodes), 4)] {
			where = append(where, n.HTML+"\n      "+strings.ReplaceAll(n.FailureSummary, "\n", " "))
		}
		text := v.Impact + " " + v.ID + ": " + v.Help + "\n    " + strings.Join(where, "\n    ")
		if v.Impact == "serious" || v.Impact == "critical" {
			t.Error(text)
		} else {
			t.Log(text)
		}
	}
}
