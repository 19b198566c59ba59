/** Who did what, and why. There is nothing here to change it with. */
import { api, data } from "../../api/client";
import { Copy } from "../../ui/parts";
import { Empty } from "../../ui/states";
import { useWords } from "../../util/i18n";
import { Head, PagedRows, Time, usePages } from "../parts";
import { texts } from "../words";

export function AuditPage() {
  const t = useWords(texts);
  const pages = usePages(
    ["audit"],
    (cursor) => data(api.GET("/audit", { params: { query: { cursor, limit: 50 } } })),
    5000,
  );
  return (
    <>
      <Head title={t("auditTitle")} lead={t("auditLead")} command={{ path: "/audit" }} />
      <PagedRows
        query={pages}
        label={t("auditTitle")}
        id={(row) => `${row.requestId}/${row.object}/${row.at}`}
        empty={<Empty title={t("nothingYet")} />}
        columns={[
          { key: "at", title: t("when"), cell: (row) => <Time at={row.at} /> },
          { key: "actor", title: t("actor"), cell: (row) => row.actor },
          { key: "action", title: t("action"), cell: (row) => <code>{row.action}</code> },
          { key: "object", title: t("object"), cell: (row) => row.object },
          { key: "reason", title: t("reason"), cell: (row) => row.reason ?? "–" },
          { key: "request", title: t("request"), cell: (row) => <Copy text={row.requestId} /> },
        ]}
      />
    </>
  );
}
