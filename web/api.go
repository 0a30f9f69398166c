package web

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/roombridge/roombridge/web/oidc"
)

// api is the REST API under /api/v1, with its description beside it.
func (s *Server) api() http.Handler {
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("Roombridge", "1")
	cfg.Info.Description = "Calls, rooms, devices and events of a Roombridge gateway."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil // no $schema members in answers
	cfg.Transformers = []huma.Transformer{withoutValues}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "What POST /api/v1/session sets. Whatever is not read needs X-CSRF besides"},
		"token":   {Type: "http", Scheme: "bearer", Description: "admin.token of the configuration, or a token made with POST /api/v1/tokens"},
	}
	cfg.OnAddOperation = []huma.AddOpFunc{describeRights}
	cfg.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	a := humago.New(mux, cfg)
	a.UseMiddleware(authorise(a))
	s.callOperations(a)
	s.roomOperations(a)
	s.chairOperations(a)
	s.qualityOperations(a)
	s.deviceOperations(a)
	s.eventOperation(a)
	s.loadOperation(a)
	s.trunkOperation(a)
	if s.cfg.Admin != nil {
		s.numberOperations(a)
		s.setupOperations(a)
		s.recordOperations(a)
		s.tenantOperations(a)
		s.sessionOperations(a)
		s.accountOperations(a)
	}

	description, err := json.Marshal(a.OpenAPI())
	if err != nil {
		panic("web: the API's description does marshal: " + err.Error())
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, "the API has nothing at this path and method; see /api/openapi.json")
	})
	open := http.NewServeMux()
	open.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(description)
	})
	if s.cfg.OIDC != nil && s.cfg.Admin != nil {
		open.HandleFunc("GET /api/v1/session/oidc", s.toProvider)
		open.HandleFunc("GET "+oidc.CallbackPath, s.fromProvider)
	}
	open.Handle("/api/", s.auth.protect(noStore(mux)))
	return open
}

// withoutValues keeps what was sent out of what is said to be wrong with it: it may be a password.
func withoutValues(_ huma.Context, _ string, v any) (any, error) {
	if m, ok := v.(*huma.ErrorModel); ok {
		for _, e := range m.Errors {
			e.Value = nil
		}
	}
	return v, nil
}

func noStore(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}
