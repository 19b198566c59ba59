/** Who is signed in, and what that role may do. The server decides; this only says why beforehand. */
import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, data, type Schemas } from "../api/client";
import { useWords } from "../util/i18n";
import { claimDrafts, dropDrafts } from "./drafts";
import { operatorTexts } from "./operatorWords";

export type Role = "viewer" | "operator" | "admin";
export const ROLES: Role[] = ["viewer", "operator", "admin"];

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () => data(api.GET("/session")),
  staleTime: 30_000,
});

export function useSession() {
  return useQuery(sessionQuery).data;
}

/** Whether a role may do what another may. */
export function reaches(role: string | undefined, needed: Role): boolean {
  const at = ROLES.indexOf(role as Role);
  return at >= 0 && at >= ROLES.indexOf(needed);
}

/** Why whoever is signed in may not do what needs this role; `null` when they may, or while nobody knows yet. */
export function useRoleReason(needed: Role): string | null {
  const t = useWords(operatorTexts);
  const session = useSession();
  if (!session?.operator || reaches(session.operator.role, needed)) return null;
  return t("roleNeeded", { role: t(needed) });
}

/** Takes note of who is signed in now. Nothing that somebody else has read stays in this tab. */
export function changeSession(client: QueryClient, session: Schemas["Session"]) {
  if (session.operator) claimDrafts(session.operator.name);
  client.setQueryData(sessionQuery.queryKey, session);
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionQuery.queryKey[0] });
}

/** Signs out. */
export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => data(api.DELETE("/session")),
    onSuccess: (session) => {
      // On purpose: what stands in a form is not wanted any more.
      dropDrafts();
      changeSession(client, session);
    },
  });
}
