/** Which payments stand beside one in the list it was opened from. */

let listed: readonly number[] = [];

export function noteList(ids: readonly number[]) {
  listed = ids;
}

export function neighbours(id: number): { before?: number; after?: number } {
  const at = listed.indexOf(id);
  return at === -1 ? {} : { before: listed[at - 1], after: listed[at + 1] };
}
