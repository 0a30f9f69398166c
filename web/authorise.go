package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roombridge/roombridge/bridge/admin"
)

// rights says what a token needs for an operation, by the operation's id. What is not
// here is for operators alone, so that a new operation shows tenants nothing by mistake.
var rights = map[string]admin.Right{
	"list-calls": admin.Read, "get-call": admin.Read, "change-call": admin.Calls, "hang-up": admin.Calls, "place-call": admin.Calls,
	"list-rooms": admin.Read, "get-room": admin.Read, "change-room": admin.Calls, "events": admin.Read,
	"end-room": admin.Calls, "mute-room": admin.Calls, "change-participant": admin.Calls, "remove-participant": admin.Calls,
	"admit": admin.Calls, "admit-all": admin.Calls, "list-quality": admin.Read, "get-call-quality": admin.Read, "get-room-quality": admin.Read,
	"list-numbers": admin.Read, "get-number": admin.Read, "put-number": admin.Numbers, "delete-number": admin.Numbers,
	"test-number": admin.Read, "import-numbers": admin.Numbers, "export-numbers": admin.Read,
	"list-changes": admin.Read, "list-change-groups": admin.Read, "undo-changes": admin.Numbers,
	"list-trunks": admin.Read, "list-devices": admin.Read, "get-device": admin.Read, "put-device": admin.Admin, "delete-device": admin.Admin,
	"list-roomsetup": admin.Read, "get-roomsetup": admin.Read, "put-roomsetup": admin.Numbers, "delete-roomsetup": admin.Numbers,
	"list-tokens": admin.Admin, "create-token": admin.Admin, "delete-token": admin.Admin,
	"list-records": admin.Read, "get-record": admin.Read, "export-records": admin.Read, "list-security-events": admin.Read,
	"change-password": admin.Read, "list-sessions": admin.Read, "end-session": admin.Read,
	"list-administrators": admin.Admin, "get-administrator": admin.Admin, "put-administrator": admin.Admin, "delete-administrator": admin.Admin,
	"end-sessions": admin.Admin,
}

// public are the operations that need nobody: see openPaths.
var public = []string{"get-session", "sign-in", "sign-out", "setup"}

type actorKey struct{}

// actorOf is who asks; protect has put it there.
func actorOf(ctx context.Context) *admin.Actor {
	a, _ := ctx.Value(actorKey{}).(*admin.Actor)
	return a
}

// authorise lets an operation run for those who may.
func authorise(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		actor := actorOf(ctx.Context())
		right, shared := rights[ctx.Operation().OperationID]
		switch {
		case slices.Contains(public, ctx.Operation().OperationID):
			next(ctx)
		case actor == nil:
			_ = huma.WriteErr(a, ctx, http.StatusUnauthorized, needToken)
		case !shared && !actor.Operator():
			_ = huma.WriteErr(a, ctx, http.StatusForbidden, "this is for the operator of the gateway")
		case !shared && !actor.May(admin.Admin), shared && !actor.May(right):
			_ = huma.WriteErr(a, ctx, http.StatusForbidden, "this token has not the scope for it: "+string(cmpOr(right, admin.Admin)))
		default:
			next(ctx)
		}
	}
}

func cmpOr(r, other admin.Right) admin.Right {
	if r == "" {
		return other
	}
	return r
}

// describeRights says in the API's description what each operation needs.
func describeRights(_ *huma.OpenAPI, op *huma.Operation) {
	needs := "Only for the operator."
	if slices.Contains(public, op.OperationID) {
		needs = "Open to everybody."
	}
	if right, shared := rights[op.OperationID]; shared {
		needs = fmt.Sprintf("Needs the scope `%s`.", right)
	}
	op.Description = strings.TrimSpace(op.Description + " " + needs)
}

// failure is the problem that an error of the administration is.
func (s *Server) failure(err error) error {
	var invalid *admin.Invalid
	var locked *admin.LockedOut
	var answer huma.StatusError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		return err
	case errors.As(err, &invalid):
		return huma.Error422UnprocessableEntity(oneLine256(invalid.Error()), problems(invalid.Err)...)
	case errors.As(err, &locked):
		wait := int((locked.Wait + time.Second - 1) / time.Second)
		why := "too many wrong passwords came: wait before the next"
		if locked.Sets {
			why = "the password of this device was set too often: wait before the next"
		}
		return huma.ErrorWithHeaders(huma.Error429TooManyRequests(why),
			http.Header{"Retry-After": {strconv.Itoa(wait)}})
	case errors.Is(err, admin.ErrSetup):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, admin.ErrNotFound):
		return huma.Error404NotFound("there is no such thing here")
	case errors.Is(err, admin.ErrConflict):
		return huma.Error409Conflict("it has been changed since it was read")
	case errors.Is(err, admin.ErrTaken):
		return huma.Error409Conflict("the name, domain, trunk or address is another's already")
	case errors.Is(err, admin.ErrFull):
		return huma.Error409Conflict("a limit of the tenant is reached: " + oneLine256(strings.TrimPrefix(err.Error(), admin.ErrFull.Error()+": ")))
	case errors.Is(err, admin.ErrInUse):
		return huma.Error409Conflict("other records need it")
	case errors.Is(err, admin.ErrRight):
		return huma.Error403Forbidden(err.Error())
	case errors.Is(err, admin.ErrNoTenant):
		return huma.Error422UnprocessableEntity("no tenant is the default: name one with ?tenant=ID")
	}

	s.cfg.Log.Error("the API could not do what it was asked", "error", err)
	return huma.Error500InternalServerError("the gateway's database did not do it; its log says why")
}

// problems parts errors that were joined.
func problems(err error) (list []error) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	for _, e := range joined.Unwrap() {
		list = append(list, &huma.ErrorDetail{Message: e.Error()})
	}
	return list
}

func oneLine256(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > 256 {
		text = strings.ToValidUTF8(text[:256], "")
	}
	return text
}
