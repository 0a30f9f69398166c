package pagetest

import (
	"context"
	_ "embed"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

func TestAdminPagesLook(t *testing.T) {
	g := crowd(500)
	at := serveGateway(t, g, nil)
	id := g.calls[0].ID
	for _, c := range []struct {
		name, path, ready string
	}{
		{"overview", "/", `document.querySelectorAll('[data-table="newest"] tbody tr').length === 8 && document.querySelector('[data-gauge] b').textContent && document.querySelector('.goes')`},
		{"calls", "/calls", `document.querySelectorAll('[data-table="calls"] tbody tr').length === 50 && document.querySelector('.goes')`},
		{"call", "/calls/" + id, `document.querySelectorAll('[data-stream]').length === 4`},
		{"rooms", "/rooms", `document.querySelectorAll('[data-table="rooms"] tbody tr').length === 50`},
		{"room", "/rooms/Giao%20ban%20s%C3%A1ng", `document.querySelectorAll('[data-table="people"] tbody tr').length > 5`},
		{"devices", "/devices", `document.querySelectorAll('[data-table="devices"] tbody tr').length === 50`},
	} {
		for i, s := range []screen{laptop, wall} {
			dark, lang := i == 1, []string{"vi", "en"}[i]
			t.Run(c.name+"-"+s.name, func(t *testing.T) {
				ctx := wonderingTab(t, s, dark, fmt.Sprintf("%s/admin?lang=%s#%s", at, lang, c.path))
				until(t, ctx, c.ready)
				shoot(t, ctx, "admin-"+c.name+"-"+s.name)
				named(t, ctx)
				accessible(t, ctx)
			})
		}
	}
}

//go:embed testdata/fakequality.js
var fakeQuality string

// wonderingTab opens a page in which calls have gone on for ten minutes.
func wonderingTab(t *testing.T, s screen, dark bool, path string) context.Context {
	t.Helper()
	ctx := tab(t, s, dark, "about:blank", nil)
	if err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(fakeQuality).Do(ctx)
		return err
	}), chromedp.Navigate(path)); err != nil {
		t.Fatal(err)
	}
	return ctx
}
