/* Entry of most engines that tests start by the dozen: the engine itself, without the made-up waves that make its first real one fast. */
import './unrehearsed';
import '../main';
