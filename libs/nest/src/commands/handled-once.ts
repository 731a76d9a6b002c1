// Refuses a second handler of a command: @nestjs/cqrs would take the last one, and warn.
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { CommandHandler } from '@nestjs/cqrs';
import { CommandHandledTwice } from '../errors.js';

@Injectable()
export class HandledOnce implements OnModuleInit {
  constructor(private readonly modules: ModulesContainer) {}

  /** Errors: COMMAND_HANDLED_TWICE. */
  onModuleInit(): void {
    const handlers = new Map<object, Set<HandlerClass>>();
    for (const module of this.modules.values()) {
      for (const { metatype, instance } of module.providers.values()) {
        const handler = ((instance as object | null | undefined)?.constructor ?? metatype) as HandlerClass | null | undefined;
        const command = typeof handler === 'function' ? (Reflect.getMetadata(COMMAND_OF_HANDLER, handler) as HandlerClass | undefined) : undefined;
        if (handler && command) handlers.set(command, (handlers.get(command) ?? new Set()).add(handler));
      }
    }
    for (const [command, known] of handlers)
      if (known.size > 1)
        throw new CommandHandledTwice(
          (command as HandlerClass).name,
          [...known].map(({ name }) => name),
        );
  }
}

type HandlerClass = new (...given: never[]) => object;

/** @nestjs/cqrs does not export the key of its metadata, so a class of this file shows it. */
const keyOfHandlers = (): unknown => {
  class Shown {}
  CommandHandler(class {})(Shown);
  return Reflect.getMetadataKeys(Shown).find((key) => typeof Reflect.getMetadata(key, Shown) === 'function');
};

const COMMAND_OF_HANDLER = keyOfHandlers();
