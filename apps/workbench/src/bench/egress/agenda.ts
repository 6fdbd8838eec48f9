interface Happening {
  readonly at: number;
  readonly no: number;
  readonly act: () => void;
}

/** What will happen on a simulated clock, taken by time and then in the order it was told: a heap, so that tens of thousands of events cost little. */
export class Agenda {
  private readonly heap: Happening[] = [];
  private told = 0;

  add(at: number, act: () => void): void {
    const happening: Happening = { at, no: this.told, act };
    this.told += 1;
    let place = this.heap.length;
    this.heap.push(happening);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.heap[parent];
      if (above === undefined || isFirst(above, happening)) break;
      this.heap[place] = above;
      place = parent;
    }
    this.heap[place] = happening;
  }

  /** The next happening, taken off; undefined when there is none. */
  take(): Happening | undefined {
    const [first] = this.heap;
    const last = this.heap.pop();
    if (first === undefined || last === undefined || this.heap.length === 0) return first;
    let place = 0;
    for (let child = 1; child < this.heap.length; child = place * 2 + 1) {
      const right = this.heap[child + 1];
      let least = this.heap[child];
      if (right !== undefined && least !== undefined && isFirst(right, least)) {
        least = right;
        child += 1;
      }
      if (least === undefined || isFirst(last, least)) break;
      this.heap[place] = least;
      place = child;
    }
    this.heap[place] = last;
    return first;
  }
}

const isFirst = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.no < b.no);
