/** A list read to its end, or as far as one may want it. */
import type { PageOf } from "./parts";

export async function collect<T, P extends PageOf<T>>(
  read: (cursor: string | undefined) => Promise<P>,
  rowsMax: number,
  onRows: (count: number) => void = () => {},
): Promise<{ pages: P[]; isWhole: boolean }> {
  const pages: P[] = [];
  let cursor: string | undefined;
  let rows = 0;
  do {
    const page = await read(cursor);
    pages.push(page);
    rows += page.data.length;
    cursor = page.nextCursor ?? undefined;
    onRows(rows);
  } while (cursor && rows < rowsMax);
  return { pages, isWhole: cursor === undefined };
}
