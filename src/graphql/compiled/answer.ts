/**
 * Compiles grafast's output plan. Takes the plan, returns a function that builds `data` from a frame. It
 * never builds an answer with an error in it: it throws a Fallback instead.
 */
import { Fallback, type Frame } from './frame.ts';
import { isFlaggedValue, type LayerPlan, type OutputPlan } from './internals.ts';
import { NotCompilable } from './known-steps.ts';
import { type Ahead, compileBoundary, compileRow, layersBetween } from './layers.ts';

type Answer = (frame: Frame) => unknown;

export function compileAnswer(plan: OutputPlan, ahead: Ahead): Answer {
  if (plan.deferredOutputPlans.length > 0) throw new NotCompilable('@defer');
  if (plan.processRoot !== null) throw new NotCompilable('a value that is computed from another');
  const { type } = plan;
  switch (type.mode) {
    case 'leaf': {
      const read = rootOf(plan);
      const { graphqlType } = type;
      return (frame) => {
        const value = read(frame);
        return value == null ? null : graphqlType.serialize(value);
      };
    }
    case 'root':
    case 'object':
      return compileObject(plan, type, ahead);
    case 'array':
      return compileArray(plan, ahead);
    case 'null':
      return () => null;
    default:
      throw new NotCompilable(`an answer that is ${type.mode}`);
  }
}

const rootOf =
  ({ rootStep: { id } }: OutputPlan): Answer =>
  (frame) =>
    frame[id];

type ObjectType = Extract<OutputPlan['type'], { typeName: string }>;

function compileObject(plan: OutputPlan, type: ObjectType, ahead: Ahead): Answer {
  const { mode, typeName, hasRootBehavior } = type;
  const always = mode === 'root' || hasRootBehavior === true;
  const read = rootOf(plan);
  const fields = Object.entries(plan.keys).map(([key, field]) => {
    // Assigning it to an ordinary object would set the object's prototype.
    if (key === '__proto__') throw new NotCompilable('a field called __proto__');
    if (field.type === '__typename') return { key, value: () => typeName, isNonNull: true };
    const value = within(field.outputPlan, plan.layerPlan, ahead);
    return { key, value, isNonNull: field.isNonNull };
  });
  return (frame) => {
    if (!always && read(frame) == null) return null;
    const object: Record<string, unknown> = {};
    for (const { key, value, isNonNull } of fields) {
      const found = value(frame);
      if (isNonNull && found == null) throw new Fallback('null in a non-null field');
      object[key] = found;
    }
    return object;
  };
}

function compileArray(plan: OutputPlan, ahead: Ahead): Answer {
  const { child, childIsNonNull: isNonNull } = plan;
  if (!child) throw new NotCompilable('a list without items');
  const read = rootOf(plan);
  const [items, ...inner] = layersBetween(plan.layerPlan, child.layerPlan);
  if (items?.reason.type !== 'listItem' || !items.rootStep || items.reason.stream) {
    throw new NotCompilable('a list whose items are not rows');
  }
  if (items.reason.parentStep !== plan.rootStep)
    throw new NotCompilable('a list that is computed from another');
  const { id } = items.rootStep;
  const work = compileRow(items);
  const enter = inner.map((layer) => compileBoundary(layer, ahead));
  const answer = compileAnswer(child, ahead);
  const one: Answer = (frame) => {
    work(frame);
    return enter.every((open) => open(frame)) ? answer(frame) : null;
  };
  return (frame) => {
    const list = read(frame);
    if (list == null) return null;
    if (!Array.isArray(list)) throw new Fallback('a list that is not an array');
    return list.map((item) => {
      if (typeof item === 'object' && item !== null && isFlaggedValue(item)) {
        throw new Fallback('an item that is an error');
      }
      frame[id] = item;
      const made = one(frame);
      if (isNonNull && made == null) throw new Fallback('null in a list of non-null items');
      return made;
    });
  };
}

/** The answer of a plan that may belong to a deeper layer than `from`. */
function within(plan: OutputPlan, from: LayerPlan, ahead: Ahead): Answer {
  const answer = compileAnswer(plan, ahead);
  const enter = layersBetween(from, plan.layerPlan).map((layer) => compileBoundary(layer, ahead));
  if (enter.length === 0) return answer;
  return (frame) => (enter.every((open) => open(frame)) ? answer(frame) : null);
}
