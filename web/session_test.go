package web

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/admin/admintest"
)

const word = "một mật khẩu dài"

// signed is a site whose gateway was set up, with the operator's cookie and CSRF headers.
func signed(t *testing.T, change func(*Config)) (s *site, service *admin.Service, headers []string) {
	t.Helper()
	service = admintest.New(t, "a", "b")
	s = newSite(t, func(c *Config) {
		c.Admin = service
		if change != nil {
			change(c)
		}
	})
	resp, body := s.do("POST", "/api/v1/setup", fmt.Sprintf(`{"password":%q,"language":"vi"}`, word))
	if resp.StatusCode != 200 {
		t.Fatal(resp.StatusCode, body)
	}
	return s, service, entered(t, resp, body)
}

// entered are the headers of somebody who has signed in.
func entered(t *testing.T, resp *http.Response, body string) []string {
	t.Helper()
	cookies := resp.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies: %s", len(cookies), body)
	}
	c := cookies[0]
	if c.Name != "__Host-roombridge" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || len(c.Value) < 64 {
		t.Errorf("the cookie is %v", c)
	}
	m := decode(t, body).(map[string]any)
	if strings.Contains(body, c.Value) || m["csrf"] == "" || m["signed_in"] != true {
		t.Errorf("%s", body)
	}
	return []string{"Cookie: __Host-roombridge=" + c.Value, fmt.Sprint("X-CSRF: ", m["csrf"])}
}

// What is wrong with a request is said without what it holds.
func TestErrorsShowNoPassword(t *testing.T) {
	s, _, headers := signed(t, nil)
	for _, c := range [][3]string{
		{"POST", "/api/v1/session", `{"password":"one of my secrets"}`},
		{"POST", "/api/v1/session", `{"name":"admin","password":"one of my secrets","more":1}`},
		{"POST", "/api/v1/session", `{"name":"admin","password":["one of my secrets"]}`},
		{"POST", "/api/v1/setup", `{"password":"my secret"}`},
		{"PUT", "/api/v1/session/password", `{"old":"one of my secrets"}`},
		{"PUT", "/api/v1/administrators/lan", `{"role":"viewer","labell":"Lan","password":"one of my secrets"}`},
		{"PUT", "/api/v1/devices/lan", `{"labell":"Lan","password":"one of my secrets"}`},
		{"PUT", "/api/v1/numbers/1", `{"number":"1001","room":7,"guest_pin":"one of my secrets"}`},
	} {
		resp, body := s.do(c[0], c[1], c[2], headers...)
		if resp.StatusCode != 422 || strings.Contains(body, "secret") {
			t.Errorf("%v: %d %s", c, resp.StatusCode, body)
		}
	}
}

// The first start, a session, and its end.
func TestSignIn(t *testing.T) {
	s, _, first := signed(t, nil)
	_, body := s.get("/api/v1/session", first...)
	m := decode(t, body).(map[string]any)
	want := map[string]any{"setup": false, "code": false, "signed_in": true, "name": "admin", "label": "", "role": "operator", "tenant": "", "language": "vi", "password": true}
	for k, v := range want {
		if m[k] != v {
			t.Errorf("%s is %v, not %v", k, m[k], v)
		}
	}
	if fmt.Sprint(m["rights"]) != "[read numbers calls admin]" || fmt.Sprint(m["oidc"]) != "map[enabled:false label:]" {
		t.Errorf("%s", body)
	}
	if resp, body := s.do("POST", "/api/v1/setup", fmt.Sprintf(`{"password":%q}`, word)); resp.StatusCode != 409 {
		t.Errorf("set up twice: %d %s", resp.StatusCode, body)
	}
	for _, c := range []struct {
		body string
		code int
	}{{`{"name":"admin","password":"wrong"}`, 401}, {`{"name":"nobody","password":"wrong"}`, 401}, {`{"name":"admin"}`, 422}} {
		resp, body := s.do("POST", "/api/v1/session", c.body)
		if resp.StatusCode != c.code || len(resp.Cookies()) > 0 {
			t.Errorf("%s: %d %s", c.body, resp.StatusCode, body)
		}
	}
	resp, body := s.do("POST", "/api/v1/session", fmt.Sprintf(`{"name":"Admin","password":%q}`, word))
	second := entered(t, resp, body)
	if second[0] == first[0] || second[1] == first[1] {
		t.Error("two sessions are the same")
	}
	if resp, body := s.do("DELETE", "/api/v1/session", "", second...); resp.StatusCode != 204 || resp.Cookies()[0].MaxAge >= 0 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if _, body := s.get("/api/v1/session", second...); decode(t, body).(map[string]any)["signed_in"] != false {
		t.Errorf("signed out: %s", body)
	}
	if resp, _ := s.get("/api/v1/calls", first...); resp.StatusCode != 200 {
		t.Errorf("the other session: %d", resp.StatusCode)
	}
}

// What changes something needs the header that other sites cannot set.
func TestCSRF(t *testing.T) {
	s, _, who := signed(t, nil)
	s.calls.set(aCall("c1"))
	for _, h := range [][]string{{who[0]}, {who[0], "X-CSRF: "}, {who[0], who[1] + "0"}} {
		if resp, body := s.do("DELETE", "/api/v1/calls/c1", "", h...); resp.StatusCode != 403 || !strings.Contains(body, "X-CSRF") {
			t.Errorf("%v: %d %s", h, resp.StatusCode, body)
		}
	}
	for _, h := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example"} {
		if resp, _ := s.do("DELETE", "/api/v1/calls/c1", "", append(who, h)...); resp.StatusCode != 403 {
			t.Errorf("%s: %d", h, resp.StatusCode)
		}
		if resp, _ := s.do("POST", "/api/v1/session", fmt.Sprintf(`{"name":"admin","password":%q}`, word), h); resp.StatusCode != 403 {
			t.Errorf("another site's page signs in, %s: %d", h, resp.StatusCode)
		}
	}
	if resp, _ := s.get("/api/v1/calls", who[0]); resp.StatusCode != 200 || len(s.calls.hungUp) > 0 {
		t.Errorf("%d, hung up %v", resp.StatusCode, s.calls.hungUp)
	}
	if resp, _ := s.do("DELETE", "/api/v1/calls/c1", "", append(who, "Sec-Fetch-Site: same-origin")...); resp.StatusCode != 204 {
		t.Errorf("with it: %d", resp.StatusCode)
	}
	if resp, _ := s.do("DELETE", "/api/v1/session", "", who[0]); resp.StatusCode != 403 {
		t.Errorf("signed out without: %d", resp.StatusCode)
	}
}

// On the gateway's own machine programs need nothing; pages do, once somebody can sign in,
// and a cookie that is over is none.
func TestLocalPages(t *testing.T) {
	browsers := []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Origin: ORIGIN", "Referer: https://x.example", "User-Agent: Mozilla/5.0 (old)"}
	fresh := newSite(t, func(c *Config) { c.Admin = admintest.New(t) })
	s, _, who := signed(t, nil)
	for _, h := range browsers {
		if resp, _ := fresh.get("/api/v1/calls", strings.Replace(h, "ORIGIN", fresh.http.URL, 1)); resp.StatusCode != 200 {
			t.Errorf("before anybody can, %s: %d", h, resp.StatusCode)
		}
		h = strings.Replace(h, "ORIGIN", s.http.URL, 1)
		for _, path := range []string{"/api/v1/calls", "/api/v1/events", "/metrics", "/api/v1/nothing"} {
			if resp, _ := s.get(path, h); resp.StatusCode != 401 {
				t.Errorf("%s, %s: %d", path, h, resp.StatusCode)
			}
		}
		if resp, _ := s.get("/api/v1/calls", h, "Cookie: __Host-roombridge=0123456789abcdef_"+strings.Repeat("0", 64)); resp.StatusCode != 401 {
			t.Errorf("a made up cookie, %s: %d", h, resp.StatusCode)
		}
		if resp, _ := s.get("/metrics", h, who[0]); resp.StatusCode != 200 {
			t.Errorf("signed in, %s: %d", h, resp.StatusCode)
		}
	}
	if resp, _ := s.get("/api/v1/calls"); resp.StatusCode != 200 {
		t.Errorf("a program: %d", resp.StatusCode)
	}
	_, body := s.get("/api/v1/session")
	if m := decode(t, body).(map[string]any); m["signed_in"] != false || m["csrf"] != "" || len(m["rights"].([]any)) > 0 {
		t.Errorf("nobody: %s", body)
	}
}

// With admin.token the machine alone is not enough to set the gateway up, and a wrong code
// is counted.
func TestSetupNeedsCode(t *testing.T) {
	service := admintest.New(t)
	service.Code = "ABCD-EFGH-JKLM"
	s := newSite(t, func(c *Config) { c.Admin, c.Token = service, "secret" })
	_, body := s.get("/api/v1/session")
	if m := decode(t, body).(map[string]any); m["setup"] != true || m["code"] != true {
		t.Errorf("%s", body)
	}
	setup := func(code string) (*http.Response, string) {
		return s.do("POST", "/api/v1/setup", fmt.Sprintf(`{"password":%q,"code":%q}`, word, code))
	}
	for range 4 {
		if resp, body := setup("AAAA-AAAA-AAAA"); resp.StatusCode != 401 {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	}
	if resp, body := setup(" abcdefghjklm"); resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestLockOut(t *testing.T) {
	s, _, _ := signed(t, func(c *Config) { c.Token = "" })
	code := 0
	for range 6 {
		resp, body := s.do("POST", "/api/v1/session", `{"name":"nobody","password":"wrong"}`)
		if code = resp.StatusCode; code == 429 && (resp.Header.Get("Retry-After") == "" || strings.Contains(body, "nobody")) {
			t.Errorf("%v %s", resp.Header, body)
		}
	}
	if code != 429 {
		t.Errorf("after six: %d", code)
	}
}

// Accounts and sessions over the API.
func TestAccountsOverAPI(t *testing.T) {
	s, _, op := signed(t, nil)
	must := func(code int, method, path, body string, who []string) string {
		t.Helper()
		resp, text := s.do(method, path, body, who...)
		if resp.StatusCode != code || strings.Contains(text, word) {
			t.Errorf("%s %s: %d %s", method, path, resp.StatusCode, text)
		}
		return text
	}
	must(200, "PUT", "/api/v1/administrators/lan?tenant=a", fmt.Sprintf(`{"role":"administrator","label":"Lan","password":%q}`, word), op)
	must(200, "PUT", "/api/v1/administrators/lan?tenant=a", `{"role":"administrator","label":"Lan Anh"}`, op)
	must(422, "PUT", "/api/v1/administrators/x?tenant=a", `{"role":"operator"}`, op)
	must(422, "DELETE", "/api/v1/administrators/admin?tenant=-", "", op)
	resp, body := s.do("POST", "/api/v1/session", fmt.Sprintf(`{"name":"lan","password":%q}`, word))
	lan := entered(t, resp, body)
	if m := decode(t, body).(map[string]any); m["tenant"] != "a" || m["role"] != "administrator" || m["label"] != "Lan Anh" {
		t.Errorf("%s", body)
	}
	if list := must(200, "GET", "/api/v1/administrators", "", lan); !strings.Contains(list, "Lan Anh") || strings.Contains(list, `"admin"`) {
		t.Errorf("%s", list)
	}
	must(404, "GET", "/api/v1/administrators/admin?tenant=-", "", lan)
	must(404, "GET", "/api/v1/administrators/admin", "", lan)
	must(403, "GET", "/api/v1/tenants", "", lan)
	must(200, "PUT", "/api/v1/administrators/an", fmt.Sprintf(`{"role":"viewer","password":%q}`, word), lan)
	resp, body = s.do("POST", "/api/v1/session", fmt.Sprintf(`{"name":"an@a","password":%q}`, word))
	an := entered(t, resp, body)
	must(200, "GET", "/api/v1/numbers", "", an)
	must(403, "PUT", "/api/v1/numbers/1", `{"number":"1"}`, an)
	must(403, "GET", "/api/v1/administrators", "", an)
	must(403, "DELETE", "/api/v1/administrators/lan/sessions", "", an)
	must(204, "DELETE", "/api/v1/administrators/an/sessions", "", lan)
	must(404, "DELETE", "/api/v1/administrators/nobody/sessions", "", lan)
	if trail := must(200, "GET", "/api/v1/changes?kind=sessions", "", lan); strings.Count(trail, `"did":`) != 1 || !strings.Contains(trail, `"did":"sign-out","kind":"sessions","item":"an@a"`) {
		t.Errorf("the trail of signing out: %s", trail)
	}
	must(401, "GET", "/api/v1/numbers", "", append(an, "Origin: "+s.http.URL))
	if trail := must(200, "GET", "/api/v1/changes?kind=administrators", "", lan); !strings.Contains(trail, `"who":"lan"`) || !strings.Contains(trail, `"origin":"127.0.0.1:`) {
		t.Errorf("the trail: %s", trail)
	}
	fresh := must(200, "PUT", "/api/v1/session/password", fmt.Sprintf(`{"old":%q,"new":"another one that is long"}`, word), lan)
	if !strings.Contains(fresh, `"csrf"`) {
		t.Error(fresh)
	}
	must(401, "GET", "/api/v1/sessions", "", append(lan, "Origin: "+s.http.URL))
	if trail := must(200, "GET", "/api/v1/changes?tenant=a&kind=administrators&item=lan&limit=1", "", op); !strings.Contains(trail, `"who":"lan"`) || !strings.Contains(trail, `"secret":true`) {
		t.Errorf("the trail of a change of password: %s", trail)
	}
	sessions := decode(t, must(200, "GET", "/api/v1/sessions", "", op)).(map[string]any)["items"].([]any)
	must(204, "DELETE", fmt.Sprint("/api/v1/sessions/", sessions[0].(map[string]any)["id"]), "", op)
	must(401, "GET", "/api/v1/sessions", "", append(op, "Origin: "+s.http.URL))
}

// Who listens hears nothing more when they have been signed out.
func TestEventsEndWithSession(t *testing.T) {
	s, service, who := signed(t, nil)
	s.auth.look = 5 * time.Millisecond
	req, err := http.NewRequest("GET", s.http.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", strings.TrimPrefix(who[0], "Cookie: "))
	req.Header.Set("Origin", s.http.URL)
	resp, err := http.DefaultTransport.RoundTrip(req) // comes when the stream has begun
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v %v", resp, err)
	}
	defer resp.Body.Close()
	d, err := service.Operator("").In(t.Context(), admin.Site)
	if err == nil {
		err = d.EndAccountSessions(t.Context(), "admin")
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.ReadAll(resp.Body)
		ended <- err
	}()
	if err := within(t, ended, "the end of the stream"); err != nil {
		t.Error(err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
