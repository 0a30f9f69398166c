package pagetest

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/web"
)

// kept is a gateway with a store of its own, for the pages about what is kept.
type kept struct {
	service *admin.Service
	plans   *store.Plans
	origin  string
	token   string // of who looks
}

// newKept has the tenant default and those named besides.
func newKept(t *testing.T, tenants ...string) *kept {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "db")})
	if err != nil {
		t.Fatal(err)
	}
	k := &kept{service: &admin.Service{DB: db, Book: &number.Book{}}, token: token}
	for _, id := range append([]string{"default"}, tenants...) {
		c := admin.Customer{Tenant: number.Tenant{ID: id, Default: id == "default"}, Name: strings.ToUpper(id[:1]) + id[1:]}
		if _, err := k.operator().PutTenant(t.Context(), c, -1); err != nil {
			t.Fatal(err)
		}
	}
	if k.plans, err = db.Plans(t.Context(), k.service.Book); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { k.plans.Run(ctx); done <- struct{}{} }()
	cert, err := web.Certificate("", web.HostNames(), time.Now(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s, err := web.New(web.Config{
		Listen: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{cert}}, SelfSigned: true, Version: "0.1.0", Token: token,
		Calls: nobody{}, Rooms: nobody{}, Admin: k.service,
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(ctx); done <- struct{}{} }()
	k.origin = "https://" + s.Addr().String()
	t.Cleanup(func() {
		cancel()
		<-done
		<-done
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

func (k *kept) operator() *admin.Actor { return k.service.Operator("127.0.0.1:5000") }

func (k *kept) desk(t *testing.T, tenant string) *admin.Desk {
	t.Helper()
	d, err := k.operator().In(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rules writes rules to the default tenant's plan.
func (k *kept) rules(t *testing.T, rules ...number.Rule) {
	t.Helper()
	for i := range rules {
		rules[i] = rules[i].Normal()
	}
	if _, _, err := k.desk(t, "").Import(t.Context(), rules, number.Merge, ""); err != nil {
		t.Fatal(err)
	}
}

// open shows a page of the administration to who has the token.
func (k *kept) open(t *testing.T, s screen, dark bool, lang, path string) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, tabLife)
	t.Cleanup(stop)
	theme := map[bool]string{true: "dark", false: "light"}[dark]
	script := fmt.Sprintf("sessionStorage.setItem('token', %q); window.failures = []; addEventListener('error', (e) => failures.push(e.message));"+
		"addEventListener('unhandledrejection', (e) => failures.push(String(e.reason?.stack ?? e.reason)));", k.token)
	if err := chromedp.Run(ctx,
		emulation.SetDeviceMetricsOverride(s.width, s.height, s.scale, s.touch),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
			return err
		}),
		page.BringToFront(), navigate(k.origin+"/admin?lang="+lang+"#"+path)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.querySelector('#content h1')`)
	return ctx
}

// unharmed fails where the page's scripts failed.
func unharmed(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, f := range eval[[]string](t, ctx, `failures`) {
		t.Error("the page's script failed:", f)
	}
}

func click(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	until(t, ctx, fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() && !document.querySelector(%[1]q).disabled`, selector))
	eval[any](t, ctx, fmt.Sprintf(`document.querySelector(%q).click()`, selector))
}

// fill types into a field as a person does.
func fill(t *testing.T, ctx context.Context, selector, text string) {
	t.Helper()
	until(t, ctx, fmt.Sprintf(`document.querySelector(%q)`, selector))
	eval[any](t, ctx, fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.focus(); e.value = %q;
	  e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); })()`, selector, text))
}

func visit(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	eval[any](t, ctx, fmt.Sprintf(`void (location.hash = %q)`, "#"+path))
}

func exact(n, room string) number.Rule {
	return number.Rule{Match: number.Match{Kind: number.Exact, Number: n}, Outcome: number.Outcome{Room: room}}
}
