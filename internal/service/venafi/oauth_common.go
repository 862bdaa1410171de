// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/appaccess/terraform-provider-appaccess/internal/service"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// lookTime is how long an operation that was interrupted may still take to find out what is true.
const lookTime = 700 * time.Millisecond

func isExists(err error) bool {
	_, ok := errors.AsType[*existsError](err)
	return ok
}

// oneOf records which resource an application or a JWT mapping belongs to, and refuses a second
// one.
func oneOf[M, S any](ctx context.Context, p *access.Planning[M, S], of *service.Agreement, at path.Path, what, id string) {
	instance, diags := service.Instance(ctx, p.Response.Private)
	if p.Response.Diagnostics.Append(diags...); diags.HasError() || of.Say(id, instance, instance) == "" {
		return
	}
	p.Response.Diagnostics.AddAttributeError(at, "Two resources of one "+what,
		fmt.Sprintf("Another resource of this configuration makes the %s %q, too: applies would make it what the one says and the other in turns. Keep one "+
			"of them. Where a resource got another address, say so with a `moved` block; to give up one without deleting what it made, put a `removed` block "+
			"with `destroy = false` in its place.\n\n%s", what, id, service.DestroyAdvice))
}

// sentence ends an error with a full stop.
func sentence(err error) string { return strings.TrimSuffix(err.Error(), ".") + "." }
